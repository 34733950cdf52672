// Package migrations holds the steps to the newest schema, embedded in the binary: N_name.sql, and N_name.postgres.sql where PostgreSQL differs.
package migrations
