package letter

import (
	"slices"

	"baohan/signing"
)

// DocumentKind is a kind of document that a letter can require with a demand.
type DocumentKind string

const (
	PaymentNotice      DocumentKind = "payment_notice"      // 书面付款通知: the signed demand itself
	RevealRecord       DocumentKind = "reveal_record"       // 揭示记录
	DefaultStatement   DocumentKind = "default_statement"   // 违约说明
	AwardNotice        DocumentKind = "award_notice"        // 中标通知书
	SupervisorDecision DocumentKind = "supervisor_decision" // 行政监督决定
	LossStatement      DocumentKind = "loss_statement"      // 损失说明
)

var documentNames = map[DocumentKind]string{
	PaymentNotice:      "书面付款通知",
	RevealRecord:       "揭示记录",
	DefaultStatement:   "违约说明",
	AwardNotice:        "中标通知书",
	SupervisorDecision: "行政监督部门的处理决定",
	LossStatement:      "损失说明",
}

// Chinese is the document's name in a letter; empty for a kind that does not exist.
func (k DocumentKind) Chinese() string { return documentNames[k] }

// Check holds for a kind that exists.
func (k DocumentKind) Check() error {
	return need(documentNames[k] != "", "kind", "document", "没有这种单据；请从保函所列单据中选择")
}

// Document is one file that goes with a demand, named by what it is and by the digest of its bytes.
type Document struct {
	Kind   DocumentKind   `json:"kind"`
	Name   string         `json:"name"`   // file name as shown to people
	Digest signing.Digest `json:"digest"` // signing.Sum of the file
}

// Check holds for a readable name and a digest that is set.
func (d Document) Check() error {
	return firstOf(d.Kind.Check(), checkText("name", d.Name, 1, 200), checkDigest("digest", d.Digest.IsZero()))
}

const maxDocuments = 20

func checkDocuments(all []Document) error {
	return firstOf(
		need(len(all) <= maxDocuments, "documents", "count", "随附文件最多 20 份"),
		checkEach("documents", all, Document.Check),
		need(!repeats(all, func(d Document) Document { return d }), "documents", "repeated", "同一文件重复出现；请删除重复项"),
	)
}

// Missing lists what of the required documents is not among those given. The signed demand is itself the payment
// notice, and the reveal record is public once a demand can be made; both are therefore never missing.
func Missing(required []DocumentKind, given []Document) []DocumentKind {
	var missing []DocumentKind
	for _, k := range required {
		has := slices.ContainsFunc(given, func(d Document) bool { return d.Kind == k })
		if !has && k != PaymentNotice && k != RevealRecord {
			missing = append(missing, k)
		}
	}
	return missing
}
