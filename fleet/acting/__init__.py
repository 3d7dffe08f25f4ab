"""What a person does from the console: each act is a page of its own, and a dialog where scripts run."""
