"""A guest book: a template with a style sheet, a form, and a name kept in the session cookie."""

from flask import Flask, redirect, render_template, request, session, url_for

app = Flask(__name__)
app.secret_key = 'only for tests'


@app.route('/')
def index():
    return render_template('index.html', name=session.get('name'))


@app.route('/sign', methods=['POST'])
def sign():
    session['name'] = request.form['name']
    return redirect(url_for('index'))


@app.route('/where/<path:place>')
def where(place):
    return f'{url_for("where", place=place)} {url_for("where", place=place, _external=True)}'
