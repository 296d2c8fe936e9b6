package acts

import (
	"context"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

var _ = register("present-copy", presentCopy)

// mostCopy is how large a kept file may be, in bytes: the platform takes no larger copy.
const mostCopy = 128 << 10

// presentCopy shows the bidder's own copy of its letter in the emergency of a lot (应急): lot; letter, the id of an own
// application, opened here from what this machine kept or from the platform's sealed copy; or copy, a file that was kept. It is
// checked here first: a letter of another lot never leaves this machine.
func presentCopy(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot, id, file := f.id("lot"), f.optionalID("letter"), f.content("copy", mostCopy)
	if f.err == nil && (id == "") == (file == nil) {
		f.fault("letter", "请选择一份保函，或者选择一个自存的文件，只选一种")
	}
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在本机打开并核对保函")
	plain, err := ownFile(ctx, d, b, id, file)
	if err != nil {
		return Result{}, err
	}
	l, err := b.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	if err := fitsLot(d, l, plain); err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在出示副本")
	in, err := b.PresentCopy(ctx, lot, plain)
	return Result{ID: in.ID, Says: "副本已经出示，等待行政监督认定。"}, err
}

// ownFile is the letter as a file that proves itself.
func ownFile(ctx context.Context, d Desk, b *client.Bidder, id string, file []byte) ([]byte, error) {
	if file != nil {
		return unlocked(ctx, d, file)
	}
	if kept, err := b.KeptLetter(ctx, id); err == nil {
		return kept, nil
	}
	own, err := b.OwnLetter(ctx, id)
	if err != nil {
		return nil, spoken("本机没有存过这份保函，平台也取不回可用的副本。请选择您自存的文件。（" + err.Error() + "）")
	}
	return own.Canonical()
}

// unlocked is the letter of a file: one that was downloaded open, or the sealed copy, which the own certificate opens.
func unlocked(ctx context.Context, d Desk, file []byte) ([]byte, error) {
	if _, err := letter.ParseFile(file); err == nil {
		return file, nil
	}
	var c wire.Copy
	if err := wire.Read(file, &c); err != nil {
		return nil, &FieldError{"copy", "这不是完好的保函文件。请选择从“留存和打印”下载、未经改动的保函（.json），或者自存的密封副本"}
	}
	own, err := client.Unlock(ctx, c, d.Me.Open)
	if err != nil {
		return nil, err
	}
	return own.Canonical()
}

// fitsLot refuses what the platform would refuse, before anything is sent.
func fitsLot(d Desk, l wire.Lot, plain []byte) error {
	file, err := letter.ParseFile(plain)
	if err != nil {
		return err
	}
	if of := file.Reveal.Lot; of.Project != l.Lot.Project || of.Code != l.Lot.Code {
		return spoken("这份保函是为“" + lotWords(of) + "”开立的，不是本标段的，没有出示。请选择本标段的保函。")
	}
	for _, x := range letter.VerifyFile(plain, d.Platform.Trust, letter.Platform(d.Platform.USCC), letter.Deadline(l.Deadline)).Lines {
		if x.Result == letter.ResultDoubtful {
			return spoken("副本在本机核对不成立，没有出示：" + x.Title() + "，" + x.Words + "。请选择未经改动的保函文件。")
		}
	}
	return nil
}
