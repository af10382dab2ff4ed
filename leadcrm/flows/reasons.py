"""Why a message of a flow does not go out, in the words its row keeps."""

STEP_OFF = "The step was switched off"
STEP_DELETED = "The step was deleted"
FLOW_OFF = "The flow was switched off"
PARKED = (STEP_OFF, STEP_DELETED, FLOW_OFF)  # put aside by a switch, to be taken back by another
ALREADY_GREETED = "The lead was greeted before"
