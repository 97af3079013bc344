<?php
$file = $_FILES['file'];
echo json_encode([
    'sha256' => hash_file('sha256', $file['tmp_name']),
    'size' => $file['size'],
    'name' => $file['name'],
    'note' => $_POST['note'],
]);
