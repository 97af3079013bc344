"""From the words of the configuration to an application, and why it could not be had."""
