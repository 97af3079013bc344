<?php
ignore_user_abort(true);
while (ob_get_level() > 0) ob_end_flush();
echo 'begun';
flush();
file_put_contents($_GET['file'], getmypid());
for ($i = 0; $i < 2000 && !connection_aborted(); $i++) { echo '.'; flush(); usleep(10000); }
file_put_contents($_GET['file'] . '.gone', 'gone');
