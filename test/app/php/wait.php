<?php
// Says that it has begun, and ends when it is told to.
file_put_contents($_GET['file'], getmypid());
for ($i = 0; $i < 2000 && !file_exists($_GET['file'] . '.end'); $i++) usleep(10000);
echo 'over';
