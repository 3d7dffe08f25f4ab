"""AWS over boto3: EC2 for machines, STS for who we are, the price list and spot history for prices, SQS for notices."""
