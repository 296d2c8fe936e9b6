// Package web is the edge: the JSON API of /api/v1 (docs/openapi.yaml, docs/api-guide.md). It alone knows echo
// and huma. It decides four things and no rule of the business:
//
//   - who is asking: a session won by an SM2 challenge, or a machine that signed this very request;
//   - whether that party may ask it of that object now: one table, guard.go, and one answer for everybody else;
//   - that the bytes are exactly what the contract says, once: strict.go, and an Idempotency-Key on every change;
//   - what a refusal looks like: problem.go, one table from kind to status, and silence about everything unknown.
//
// A request passes edge.go (headers, buffer, signature of the answer, recovery), then gate.go (body, caller, guard,
// key), then one handler of an api_*.go file, which translates between client/wire and a desk.
package web
