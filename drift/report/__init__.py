"""What a run publishes: findings, the report, acceptances, evidence; merged reports, history, notices."""
