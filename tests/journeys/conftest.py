from tests.process.conftest import demo, installation

__all__ = ["demo", "installation"]
