<?php
usleep((int) ($_GET['us'] ?? 0));
echo getmypid(), ' ', file_get_contents('php://input');
