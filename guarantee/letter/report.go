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

// titles name the checks of this package for people.
var titles = map[string]string{
	"format": "文件格式", "signed": "签名数据", "chain": "证书链", "signing_time": "签名时间", "signature": "签名",
	lineRevocation: "吊销状态", "signer": "签名人", "content": "签名内容", "number": "保函编号", "terms": "申请内容",
	"wording": "条款文本", "max_amount": "最高金额", "capital": "大写金额", "commitment": "承诺值", "guarantor": "开立机构",
	"applicants": "申请人", "application": "申请编号", "amount": "担保金额", "expiry": "有效期", "reveal": "揭示记录",
	"receipt": "平台回执", "receipt_chain": "回执证书链", lineReceiptRevocation: "回执证书吊销状态", "receipt_signature": "回执签名", "receipt_signer": "回执签署人",
	"receipt_time": "回执时间", "receipt_digest": "回执摘要", "receipt_letter": "回执内容", "receipt_deadline": "是否逾期",
	"whole": "整体一致", lineLog: "日志记载", lineLogHead: "日志头与见证",

	lineAmendment: "修改函", lineEnd: "现在的到期日",

	// of a PDF (package paper)
	"page_form": "文件结构", "page_attachments": "随附文件", "page_text": "版面文字", "page_chain": "版面证书链", "page_signature": "版面签名",
	linePageRevocation: "版面证书吊销状态", "page_signer": "版面签署人",

	// of the status list, and what it says
	"status_list": "状态清单", "status_content": "清单内容", "status_chain": "清单证书链", "status_signature": "清单签名", lineStatusRevocation: "清单证书吊销状态",
	"status_signer": "清单签署人", "status_time": "清单签署时间", "status_age": "清单日期", lineStatus: "状态",

	// of an opening record
	"opening_record": "所签记录", "host": "主持人签名", "same_record": "同一记录",

	// of the owner's own check before the deadline
	"statement": "平台说明", "letter": "保函原件", "record": "封存的记录", "arrived": "是否按时到达", "in_force": "是否有效",
	"requirement": "标段与受益人", "form": "保函形式", "custodians": "密钥保管人",
}

// Title is the check's name for people; a check that this package does not make keeps its code.
func (l Line) Title() string {
	if t := titles[l.Name]; t != "" {
		return t
	}
	return l.Name
}
