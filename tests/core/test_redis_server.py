"""The folder of our own Redis is ours alone."""

import stat
from types import SimpleNamespace

import pytest

from leadcrm.core import jobs
from leadcrm.core.redis_server import ForeignFolder, OwnRedis


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the socket shall lie: in a temporary folder shared with others, under a name that can be foreseen."""
    tmp_path.chmod(0o1777)
    folder = tmp_path / "leadcrm-1234abcd"
    monkeypatch.setattr(jobs, "socket_path", lambda settings: folder / "redis.sock")
    return folder


def test_it_is_closed_to_others_even_if_it_was_open(folder):
    folder.mkdir(mode=0o755)
    redis = OwnRedis(SimpleNamespace())
    assert redis.take()
    redis.forget()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_of_another_user_is_refused(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setattr("os.getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(ForeignFolder):
        OwnRedis(SimpleNamespace()).take()


def test_in_a_place_of_our_own_another_owner_is_our_own_doing(folder, tmp_path, monkeypatch):
    """As after a start as root."""
    tmp_path.chmod(0o755)
    folder.mkdir()
    monkeypatch.setattr("os.getuid", lambda: folder.stat().st_uid + 1)
    redis = OwnRedis(SimpleNamespace())
    assert redis.take()
    redis.forget()


def test_a_link_to_elsewhere_is_refused(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    with pytest.raises(ForeignFolder):
        OwnRedis(SimpleNamespace()).take()
