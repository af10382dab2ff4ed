"""Parts of pages that are written once for their arguments."""

from markupsafe import Markup

from leadcrm.core.web import remembered


def badge(label) -> str:
    return str(remembered("macros/ui.html", "badge", label))


def test_a_part_is_written_once_for_its_arguments(app):
    with app.test_request_context():
        before = remembered.cache_info().misses
        assert badge("once") == badge("once") != badge("twice")
        assert remembered.cache_info().misses == before + 2


def test_a_text_is_escaped_though_the_same_text_came_as_markup_before(app):
    with app.test_request_context():
        assert "<i>x</i>" in badge(Markup("<i>x</i>"))
        assert "<i>x</i>" not in badge("<i>x</i>")
