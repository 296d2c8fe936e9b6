package wire

// ProblemType is the media type of every refusal (RFC 9457).
const ProblemType = "application/problem+json"

// Problem is a refusal. Code is stable and for programs; Detail is Chinese, for people, and says what to do
// next. Field is a JSON pointer into the body. A submitted value never stands in it.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail"`
	Code   string  `json:"code"`
	Field  string  `json:"field,omitzero"`
	Errors []Fault `json:"errors,omitzero"`
}

// Fault is one field's part of a refusal that found several.
type Fault struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error lets a refusal travel as an error. It holds no submitted value, so it may be logged.
func (p Problem) Error() string {
	if p.Field != "" {
		return p.Code + " " + p.Field + ": " + p.Detail
	}
	return p.Code + ": " + p.Detail
}
