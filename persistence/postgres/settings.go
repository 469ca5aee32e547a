//go:build linux || darwin || freebsd

package postgres

import "strings"

// settings are given on the server's command line, so that a file edited by hand cannot open a port or
// write people's data into a log. What may be tuned is in postgresql.conf; see tuning.
func settings(config Config, folder string) []string {
	list := []string{
		"cluster_name=" + tag(config.cluster()),
		"listen_addresses=",
		"port=" + port,
		// A list in itself, where commas separate and quotes protect.
		`unix_socket_directories="` + strings.ReplaceAll(folder, `"`, `""`) + `"`,
		"unix_socket_permissions=0700",
		"ssl=off",
		"timezone=UTC",
		"log_timezone=UTC",
		"logging_collector=off",
		"log_destination=stderr",
		"log_line_prefix=%m [%p] ",
		// No value of anybody's file reaches the log: not as a parameter, not in a statement, not in a
		// DETAIL ("Failing row contains …"), not in an error's text ("invalid input syntax … »x«").
		// Errors go to the client that made them, which is us. FATAL, PANIC and LOG remain.
		"log_min_messages=log",
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
		"log_statement=none",
		"log_parameter_max_length=0",
		"log_parameter_max_length_on_error=0",
	}
	if config.Throwaway {
		list = append(list,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0",
			"shared_buffers=32MB", "max_wal_size=128MB",
			// It would now and then sit in a template that is to be copied.
			"autovacuum=off",
			// Segments in /dev/shm would outlive a killed server; files in its folder go with the folder.
			"dynamic_shared_memory_type=mmap",
		)
	}
	return list
}

// tuning is appended to postgresql.conf when a cluster is made, and belongs to the administrator after.
const tuning = `
# Written by o2r when it made this cluster; edit freely. What o2r relies on (socket, logging, time
# zone) is on the server's command line and wins over this file.
shared_buffers = 64MB
max_connections = 100
jit = off
`
