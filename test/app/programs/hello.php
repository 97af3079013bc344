<?php echo "php: ", $_SERVER["QUERY_STRING"], "\n";
