"""What a person does with endpoints, models and serving configurations from the console."""
