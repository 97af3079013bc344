<?php
header('Location: ' . $_GET['to'], true, (int) ($_GET['status'] ?? 302));
