// Package health answers the two questions that a load balancer asks: is this process alive
// (/healthz), and may it be sent work (/readyz). A process that waits for its database is alive but
// not ready: it is left out, not restarted.
package health

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/migrations"
)

// answerWithin is less than the patience of the usual prober, so that it sees 503 and not a
// time-out.
const answerWithin = 2 * time.Second

// A Check is one thing without which this process cannot work; or, as an alarm, one that people must see to while it
// works on.
type Check struct {
	Name  string
	Run   func(context.Context) error
	Alarm bool // still 200: to leave the process out would help nobody
}

// Live says 200 as long as the process can answer at all.
func Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, report{Status: "ok"})
	})
}

// Ready says 200 when every check holds, else 503, with the names of those that do not; an alarm is named beside
// either. Why they do not goes into the log: the caller is not ours to trust.
func Ready(log *slog.Logger, checks ...Check) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		said := report{Status: "ok"}
		for _, c := range checks {
			err := c.Run(ctx)
			switch {
			case err == nil:
			case c.Alarm:
				said.Alarms = append(said.Alarms, c.Name)
				log.ErrorContext(ctx, "alarm", slog.String("check", c.Name), slog.Any("error", err))
			default:
				said.Failed = append(said.Failed, c.Name)
				log.WarnContext(ctx, "not ready", slog.String("check", c.Name), slog.Any("error", err))
			}
		}
		if len(said.Failed) > 0 {
			said.Status = "unavailable"
			answer(w, http.StatusServiceUnavailable, said)
			return
		}
		answer(w, http.StatusOK, said)
	})
}

// Database checks that the database answers and has every migration of this build.
func Database(pool *pgxpool.Pool) []Check {
	return []Check{
		{Name: "database", Run: pool.Ping},
		{Name: "schema", Run: func(ctx context.Context) error { return migrations.AtHead(ctx, pool) }},
	}
}

type report struct {
	Status string   `json:"status"`
	Failed []string `json:"failed,omitempty"`
	Alarms []string `json:"alarms,omitempty"`
}

func answer(w http.ResponseWriter, status int, r report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, r) // the caller is gone; nothing is left to tell it
}
