"""Which tickets a service level policy is for."""

# By field of the ticket: the field of the policy that names the values.
SCOPE = {
    "type_id": "type_ids",
    "topic_id": "topic_ids",
    "severity_id": "severity_ids",
    "customer_id": "customer_ids",
    "contract_id": "contract_ids",
    "team_id": "team_ids",
}
