"""Which tickets a service level policy applies to."""

# Field of the ticket -> field of the policy with the matching values
SCOPE = {
    "type_id": "type_ids",
    "topic_id": "topic_ids",
    "severity_id": "severity_ids",
    "customer_id": "customer_ids",
    "contract_id": "contract_ids",
    "team_id": "team_ids",
}
