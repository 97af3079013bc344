"""A package with a factory; its page says which Python runs it."""

import sys

from flask import Flask, jsonify


def create_app(settings=None):
    app = Flask(__name__)

    @app.route('/')
    def index():
        return jsonify(prefix=sys.prefix, executable=sys.executable, name=app.name)

    return app
