"""Settings pages about who may act: tokens, members, service accounts, projects."""
