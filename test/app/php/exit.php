<?php
echo 'begun';
exit((int) ($_GET['code'] ?? 7));
