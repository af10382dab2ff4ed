from tests.process.conftest import demo, demo_office, installation

__all__ = ["demo", "demo_office", "installation"]
