"""The entry of a gateway process: `gunicorn -c workers/gunicorn.conf.py wsgi:app`."""

from imapp.app import create_app
from imapp.environment import load_config

app = create_app(load_config())
