"""People of the team as the JSON API names them."""

from marshmallow import Schema, fields


class OwnerSchema(Schema):
    """Whose something is."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
