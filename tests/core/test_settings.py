"""Bad settings stop the start, all at once, each with its name."""

import dataclasses

import pytest
from flask import request

from leadcrm import create_app
from leadcrm.settings import Settings, SettingsError


def read(tmp_path, **environment) -> Settings:
    return Settings.from_env({"LEADCRM_VAR": str(tmp_path), **environment})


BAD = {
    "SCHEDULER_INTERVAL_MS": ["0", "999", "3600001", "5s", "-5", "5.0", "9" * 40],
    "PORT": ["0", "65536", "http"],
    "DATABASE_URL": ["mysql://x", "sqlite://", "postgresql://x"],
    "REDIS_URL": ["http://x", "localhost"],
    "SMTP_URL": ["mail.example.com", "http://x"],
    "IMAP_URL": ["http://u@x", "imaps://x.test", "imaps://u@", "imaps://u@x.test:port", "u@x.test"],
    "MAIL_FROM": ["nobody", "a@b\nBcc: c@d", "A <a@b>"],
    "BASE_URL": ["crm.example.com"],
    "LEADCRM_ENV": ["prod"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values if value]
)
def test_a_bad_value_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(SettingsError, match=name):
        read(tmp_path, **{name: value})


def test_every_problem_is_named_at_once(tmp_path):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, PORT="x", SCHEDULER_INTERVAL_MS="1", MAIL_FROM="x")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "missing",
    [{"SECRET_KEY": "short"}, {"SECRET_KEY": ""}, {"BASE_URL": "http://x.test"}, {"CLOCK_OFFSET_SECONDS": "5"}],
)
def test_production_refuses_weak_settings(tmp_path, missing):
    good = {"LEADCRM_ENV": "production", "SECRET_KEY": "k" * 40, "BASE_URL": "https://crm.example.com"}
    assert read(tmp_path, **good).is_production
    with pytest.raises(SettingsError, match=next(iter(missing))):
        read(tmp_path, **{**good, **missing})


def test_the_development_key_is_made_once_and_private(tmp_path):
    first = read(tmp_path).secret_key
    assert read(tmp_path).secret_key == first
    assert len(first) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_secrets_do_not_show_in_the_settings_repr(tmp_path):
    urls = {"SMTP_URL": "smtp://u:passw0rd@h", "IMAP_URL": "imaps://u:pa55@h"}
    settings = read(tmp_path, SECRET_KEY="s3cret" * 8, EMAIL_WEBHOOK_SECRET="hush", **urls)
    assert not any(secret in repr(settings) for secret in ("s3cret", "passw0rd", "pa55", "hush"))


def test_installations_are_told_apart_by_their_database(tmp_path):
    one, two = (read(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/{name}.db") for name in "ab")
    assert one.instance != two.instance


@pytest.mark.parametrize(("hops", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_the_visitors_address_is_taken_from_trusted_proxies_only(settings, hops, seen):
    app = create_app(dataclasses.replace(settings, trusted_proxies=hops))
    app.add_url_rule("/api/whoami", "whoami", lambda: request.remote_addr)
    answer = app.test_client().get("/api/whoami", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert answer.text == seen
