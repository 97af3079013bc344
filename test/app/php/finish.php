<?php
// Goes on behind its answer until it is told to end.
echo 'early';
fastcgi_finish_request();
for ($i = 0; $i < 1000 && !file_exists($_GET['until']); $i++) usleep(10000);
file_put_contents($_GET['until'] . '.done', connection_aborted() ? 'aborted' : 'done');
