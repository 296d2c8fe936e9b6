package devpg

import "context"

// Server is a PostgreSQL that can be connected to.
type Server struct {
	// URL to connect with.
	URL string
	// Pid is always 0 here.
	Pid int
}

// Start returns the server that Options.URL names. Windows has no way to drop to another account
// that the other systems share, so here a server must already be there.
func Start(_ context.Context, o Options) (*Server, error) {
	if o.URL != "" {
		return &Server{URL: o.URL}, nil
	}
	return nil, &MissingError{Tried: []string{"Windows 上不自动启动数据库：请设置 DATABASE_URL"}}
}

// Stop does nothing: the server is not ours.
func (s *Server) Stop() error { return nil }

// Crash does nothing: the server is not ours.
func (s *Server) Crash() error { return nil }
