<?php
error_log('the cellar is empty');
echo 'said';
