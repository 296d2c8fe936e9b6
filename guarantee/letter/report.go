package letter

// Result is what a check says.
type Result string

const (
	ResultPass     Result = "pass"     // 通过
	ResultDoubtful Result = "doubtful" // 存疑: it does not hold; people decide
	ResultUnknown  Result = "unknown"  // 未知: it could not be checked
)

var resultNames = map[Result]string{ResultPass: "通过", ResultDoubtful: "不通过", ResultUnknown: "无法核对"}

// Chinese is the result for people.
func (r Result) Chinese() string { return resultNames[r] }

// Line is one check of a verification: what was looked at, what was to be expected, what was found, and what that means
// for the reader.
type Line struct {
	Name   string `json:"name"` // stable code
	Result Result `json:"result"`
	Want   string `json:"want,omitzero"`
	Got    string `json:"got,omitzero"`
	Words  string `json:"words"` // Chinese
}

// Report is a verification: its checks in order, whether the whole holds, and that in a Chinese sentence.
type Report struct {
	OK    bool   `json:"ok"`
	Words string `json:"words"`
	Lines []Line `json:"lines"`
}
