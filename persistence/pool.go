package persistence

import "time"

// Pool is how busy the connections to the database are.
type Pool struct {
	Max, Open, InUse int
	Waits            int64         // how often somebody waited for a connection
	Waited           time.Duration // how long, in all
}

// Pool reads how busy the connections are.
func (s *Store) Pool() Pool {
	stats := s.pool.Stats()
	return Pool{Max: stats.MaxOpenConnections, Open: stats.OpenConnections, InUse: stats.InUse, Waits: stats.WaitCount, Waited: stats.WaitDuration}
}
