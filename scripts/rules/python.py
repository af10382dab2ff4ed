# ruff: noqa
# Read by semgrep only: each rule of python.yml with what it catches and what it lets pass.


def sql(connection, name, value):
    # ruleid: sql-of-pieces
    connection.exec_driver_sql(f"SELECT * FROM {name}")
    # ruleid: sql-of-pieces
    connection.execute("SELECT * FROM leads WHERE name = '" + value + "'")
    # ruleid: sql-of-pieces
    text("SELECT %s" % value)
    # ruleid: sql-of-pieces
    text(f"{name} DESC")
    # ok: sql-of-pieces
    text("archived_at IS NULL")
    # ok: sql-of-pieces
    connection.execute(select(Lead).where(Lead.name == value))


def markup(words, name):
    # ruleid: markup-of-values
    Markup(words)
    # ruleid: markup-of-values
    Markup(f"<b>{words}</b>")
    # ruleid: markup-of-values
    render_template_string(words)
    # ok: markup-of-values
    Markup("<b>%s</b>") % words


def ways():
    # ruleid: led-by-the-request
    redirect(request.args["next"])
    target = request.form.get("back", "/")
    # ruleid: led-by-the-request
    go(target)
    # ruleid: led-by-the-request
    response.headers["X-Name"] = request.args.get("name")
    # ruleid: led-by-the-request
    send_file(folder / request.args["file"])
    # ok: led-by-the-request
    go(local_path(request.form.get("back"), "/leads"))
    # ok: led-by-the-request
    redirect(url_for("leads.index", open=request.args.get("open")))


def secrets(body, key, signature):
    # ruleid: secret-compared-in-haste
    if hmac.new(key, body, "sha256").hexdigest() == signature:
        pass
    # ruleid: secret-compared-in-haste
    if signature == expected:
        pass
    # ok: secret-compared-in-haste
    if hmac.compare_digest(signature, expected):
        pass
    # ok: secret-compared-in-haste
    select(Token).where(Token.token_hash == digest(secret))


def outside(url):
    # ruleid: call-to-the-outside
    import requests

    # ruleid: call-to-the-outside
    from urllib3.connection import HTTPSConnection

    # ruleid: call-to-the-outside
    urllib.request.urlopen(url)
    # ok: call-to-the-outside
    registry.transport("email").send(letter)


def rows(session, lead_id):
    # ruleid: id-of-the-request-unfiltered
    session.get(Lead, lead_id)
    # ruleid: id-of-the-request-unfiltered
    Lead.query.filter_by(id=lead_id)
    # ok: id-of-the-request-unfiltered
    get_or_404(Lead, lead_id)
    # ok: id-of-the-request-unfiltered
    session.get("csrf")
    # ok: id-of-the-request-unfiltered
    own = db.session.get_one(Organization, tenancy.current_id())


def chance():
    # ruleid: chance-for-secrets
    reset_token = random.randbytes(16)
    # ok: chance-for-secrets
    wait = random.uniform(0.5, 1.5)
