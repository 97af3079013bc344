<?php
/* TOPSECRET */
echo 'ran';
