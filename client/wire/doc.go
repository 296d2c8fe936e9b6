// Package wire says every JSON body of /api/v1 once, for both ends: the service that answers and the client
// that asks. It holds types and no rule. Names are snake_case; money is an integer number of fen; an instant
// is RFC 3339 at +08:00 with at most microseconds; binary is standard base64.
//
// session.go, lot.go, application.go, bid.go, opening.go and demand.go are what people and their programs
// say; issuer.go and message.go are the issuer protocol v1 between the platform and an institution
// (docs/issuer-api.md).
package wire
