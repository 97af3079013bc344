<?php
ini_set('default_mimetype', '');
header('Location: ' . $_GET['to'], true, 200);
header_remove('X-Powered-By');
