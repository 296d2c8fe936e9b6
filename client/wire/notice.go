package wire

import "time"

// Notice says that a legal day is near or past and a move is missing. It is raised once a day as long as that is so.
type Notice struct {
	Due       string    `json:"due"`       // a guarantee.DueKind
	Words     string    `json:"words"`     // what is missing and what to do, in Chinese
	Guarantee string    `json:"guarantee"` // id
	Day       string    `json:"day"`       // date, Asia/Shanghai
	RaisedAt  time.Time `json:"raised_at"`
}

// NoticeList is GET /notices: the latest first.
type NoticeList struct {
	Items []Notice `json:"items"`
}
