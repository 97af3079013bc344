"""What the supervisor starts: a worker, a template of workers, an application inside the HTTP process."""
