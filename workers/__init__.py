"""Process entries: the Celery application of the workers and the configuration of the gateways."""
