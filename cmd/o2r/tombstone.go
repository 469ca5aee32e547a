package main

// tombstoneKey is the key by which people who were erased are recognised when they come again. It is
// O2R_TOMBSTONE_KEY, else the file tombstone.key in the data folder, made when missing. Whoever has the
// key and the database can tell whether somebody was once erased: it is kept apart from both.
func tombstoneKey(dir string) ([]byte, error) {
	return keptKey(dir, "O2R_TOMBSTONE_KEY", "tombstone.key")
}

// webhookKey is the key that webhooks' signing secrets are sealed with in the database. It is
// O2R_WEBHOOK_KEY, else the file webhook.key in the data folder, made when missing.
func webhookKey(dir string) ([]byte, error) {
	return keptKey(dir, "O2R_WEBHOOK_KEY", "webhook.key")
}
