package story

import (
	"bytes"
	"context"
	"slices"

	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/guarantee/letter/paper"
)

// published downloads each letter as a stranger to it would and compares it with its bidder's own copy.
func (t *tale) published(ctx context.Context, all ...*held) error {
	reader, err := t.bidder(ctx, t.Cast.Bidders[3])
	if err != nil {
		return err
	}
	_, trust, err := t.outsider()
	if err != nil {
		return err
	}
	for _, h := range all {
		file, err := t.logged(ctx, reader, h.id)
		if err != nil {
			return err
		}
		number := h.file.Undertaking.Number
		t.check(bytes.Equal(bare(file), bare(h.bytes)), "%s 公开文件与投标人自存副本逐字节相同", number)
		t.check(t.verify(file, letter.Log(trust)), "只凭根证书、日志和两家见证人的公钥核对通过")
		spoilt := slices.Clone(file)
		spoilt[len(spoilt)/2] ^= 1
		t.check(!letter.VerifyFile(spoilt, t.Trust, letter.Log(trust)).OK, "改动一个比特即不通过")
		pdf, err := reader.Document(ctx, h.id)
		if err != nil {
			return err
		}
		t.check(paper.Verify(pdf, t.Trust, letter.Log(trust)).OK, "PDF 的版面、附件、签名和日志证明核对通过")
	}
	return nil
}

// logged waits for the file with a proof that every witness vouches for.
func (t *tale) logged(ctx context.Context, reader *client.Bidder, id string) (file []byte, err error) {
	_, trust, err := t.outsider()
	if err != nil {
		return nil, err
	}
	err = t.until(ctx, "日志收入保函的开立并经见证", func(ctx context.Context) (bool, error) {
		if file, err = reader.File(ctx, id); err != nil {
			return false, err
		}
		return letter.VerifyFile(file, t.Trust, letter.Log(trust)).OK, nil
	})
	return file, err
}

// bare is a file without the log's proof, which every copy has of its own time; nil for what is no file.
func bare(file []byte) []byte {
	f, err := letter.ParseFile(file)
	if err != nil {
		return nil
	}
	b, _ := f.Bare().Canonical()
	return b
}
