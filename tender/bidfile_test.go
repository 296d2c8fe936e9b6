package tender

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/party"
	"baohan/signing"
)

// upload stores a file of o's, encrypted as its client does it, and gives what the two halves of a bid say of it.
func (w *world) upload(o org, name string, plain []byte) (inner letter.BidFile, outer letter.SealedFile) {
	w.t.Helper()
	inner = letter.BidFile{Name: name, Size: int64(len(plain)), Key: signing.Random(16)}
	var sealed bytes.Buffer
	inner.Digest = must(letter.SealBidFile(&sealed, bytes.NewReader(plain), inner.Size, inner.Key))
	ref := must(w.Files.PutBytes(w.ctx, blobs.BidFile, sealed.Bytes()))
	up, kept, err := w.KeepBidFile(w.ctx, o.actor(party.Bidder), ref)
	if err != nil || !kept || up.Digest != signing.Sum(sealed.Bytes()) || up.ID != ref.ID {
		w.t.Fatalf("%+v %v: %v", up, kept, err)
	}
	inner.ID = up.ID
	return inner, up.SealedFile
}

// bidNaming makes a bid of o that names files.
func (w *world) bidNaming(o org, l *Lot, replaces string, inner []letter.BidFile, outer []letter.SealedFile) (string, []byte) {
	w.t.Helper()
	id, at, bidders := newID(), w.clock.Now().In(calendar.Shanghai), []letter.Party{o.party}
	b, err := letter.BidForm{Version: 1, Random: signing.Random(32), Bid: id, Lot: l.Lot, Bidders: bidders, Terms: terms(1_200_000_000),
		Files: inner, At: at}.Canonical()
	form := w.p7s(o, b, err)
	w.kept(id, form)
	b, err = letter.Bid{Version: 1, Random: signing.Random(32), ID: id, Lot: l.Lot, Bidders: bidders, Form: letter.FormDigest(form), Replaces: replaces,
		Offer: must(signing.SealTo(form, letter.PartAAD(id, "offer"), o.encrypt.Key.Public())), Files: outer, At: at}.Canonical()
	return id, w.p7s(o, b, err)
}

func (w *world) handInNaming(o org, l *Lot, outer ...letter.SealedFile) (string, error) {
	w.t.Helper()
	id, p7s := w.bidNaming(o, l, "", innerOf(outer), outer)
	_, err := w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s)
	return id, err
}

// innerOf is a form that nobody is going to open.
func innerOf(outer []letter.SealedFile) []letter.BidFile {
	inner := make([]letter.BidFile, len(outer))
	for i, f := range outer {
		inner[i] = letter.BidFile{ID: f.ID, Name: "商务标.pdf", Size: 9, Digest: f.Digest, Key: make([]byte, 16)}
	}
	return inner
}

func (w *world) refusedAt(err error, code, field string) {
	w.t.Helper()
	w.refused(err, code)
	if r, _ := party.RefusalOf(err); r.Field != field {
		w.t.Errorf("%s names %s, not %s", code, r.Field, field)
	}
}

// used counts files that a bid has.
func (w *world) used() (n int) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.ctx, `SELECT count(use_tag) FROM bid_file`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// A bid names files that are its bidder's own, there, as they were uploaded, and no other bid's; the refusal says which.
func TestBidNamesItsOwnFiles(t *testing.T) {
	w := newWorld(t)
	l, other := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "A2")
	o := w.bidders[0]
	_, good := w.upload(o, "商务标.pdf", []byte("%PDF-1.7"))
	_, foreign := w.upload(w.bidders[1], "技术标.pdf", []byte("%PDF-1.7"))
	_, lost := w.upload(o, "清单.xml", []byte("<a/>"))
	if err := w.Files.Delete(w.ctx, lost.ID); err != nil {
		t.Fatal(err)
	}
	none, digest, size := good, good, good
	none.ID = newID()
	digest.Digest[0] ^= 1
	size.Size = letter.FileSteps[1]
	for name, f := range map[string]letter.SealedFile{"not there": none, "another's": foreign, "another digest": digest, "another size": size, "lost": lost} {
		_, err := w.handInNaming(o, l, f)
		w.refusedAt(err, "bid.file_missing", "bid.files.0")
		if f != good && f.ID != good.ID {
			_, err = w.handInNaming(o, l, good, f)
			w.refusedAt(err, "bid.file_missing", "bid.files.1")
		}
		if w.used() != 0 {
			t.Fatalf("%s: a bid that was refused has files", name)
		}
	}
	if _, err := w.handInNaming(o, l, good); err != nil {
		t.Fatal(err)
	}
	_, err := w.handInNaming(o, other, good)
	w.refusedAt(err, "bid.file_used", "bid.files.0")
	if _, err := w.handInNaming(w.bidders[1], other, foreign); err != nil {
		t.Error(err)
	}
	if w.used() != 2 {
		t.Errorf("%d files are used", w.used())
	}
}

// A bid that replaces another may name its files again, and others; what it leaves out stays with the bid that is sealed.
func TestReplaceKeepsFiles(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o := w.bidders[0]
	_, a := w.upload(o, "a", []byte("a"))
	_, b := w.upload(o, "b", []byte("b"))
	_, c := w.upload(o, "c", []byte("c"))
	old := must(w.handInNaming(o, l, a, b))
	id, p7s := w.bidNaming(o, l, old, innerOf([]letter.SealedFile{a, c}), []letter.SealedFile{a, c})
	cmd, statement := w.by(o, party.Bidder), w.withdrawal(o, old)
	for range 2 { // the second is the same command
		if r, err := w.ReplaceBid(w.ctx, cmd, o.bidder(), old, p7s, statement); err != nil || r.Received.ID != id {
			t.Fatal(r, err)
		}
	}
	if w.used() != 3 {
		t.Errorf("%d files are used", w.used())
	}
	next, p7s := w.bidNaming(o, l, id, innerOf([]letter.SealedFile{b}), []letter.SealedFile{b})
	_, err := w.ReplaceBid(w.ctx, w.by(o, party.Bidder), o.bidder(), id, p7s, w.withdrawal(o, id))
	w.refusedAt(err, "bid.file_used", "bid.files.0") // b is of the first, which is sealed
	if w.stateOf(o, id) != Received {
		t.Error("a replacement that was refused took the old bid away")
	}
	_ = next
	w.tells(w.withdraw(o, id))
	_, err = w.handInNaming(o, l, a)
	w.refusedAt(err, "bid.file_used", "bid.files.0")
	w.clock.Advance(40 * 24 * time.Hour)
	if n, err := w.DropLooseFiles(w.ctx); err != nil || n != 0 {
		t.Errorf("%d files of withdrawn bids are gone, %v", n, err)
	}
	for _, sql := range []string{`DELETE FROM bid_file`, `UPDATE bid_file SET use_tag = NULL, slot_tag = owner_tag`, `UPDATE bid_file SET day = day + 1`,
		`UPDATE bid_file SET size = 262144 * 4`, `UPDATE bid_file SET digest = owner_tag`, `TRUNCATE bid_file`} {
		if _, err := w.pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

// Of hand-ins at once that name one file, one wins.
func TestRaceForOneFile(t *testing.T) {
	w := newWorld(t)
	o := w.bidders[0]
	_, f := w.upload(o, "a", []byte("a"))
	var lots []*Lot
	var papers [][]byte
	for _, name := range []string{"A1", "A2", "A3", "A4"} {
		l := w.published(letter.RegimeTendering, name)
		_, p7s := w.bidNaming(o, l, "", innerOf([]letter.SealedFile{f}), []letter.SealedFile{f})
		lots, papers = append(lots, l), append(papers, p7s)
	}
	var won atomic.Int32
	var all sync.WaitGroup
	for i, l := range lots {
		cmd := w.by(o, party.Bidder)
		all.Go(func() {
			_, err := w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, papers[i])
			if err == nil {
				won.Add(1)
			} else if r, ok := party.RefusalOf(err); !ok || r.Code != "bid.file_used" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || w.used() != 1 {
		t.Errorf("%d bids name the file, %d files are used", won.Load(), w.used())
	}
}

// Thirty days an upload waits, to the day; then its row goes, and a bid that names it is refused.
func TestLooseFilesAreDropped(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o := w.bidders[0]
	_, loose := w.upload(o, "a", []byte("a"))
	_, used := w.upload(o, "b", []byte("b"))
	must(w.handInNaming(o, l, used))
	after := []time.Duration{30 * 24 * time.Hour, 24 * time.Hour, 24 * time.Hour}
	for i, want := range []int{0, 1, 0} {
		w.clock.Advance(after[i])
		if n := must(w.DropLooseFiles(w.ctx)); n != want {
			t.Fatalf("%d are dropped, want %d", n, want)
		}
	}
	named := must(w.NamedBidFiles(w.ctx, []string{loose.ID, used.ID, newID()}))
	if !slices.Equal(named, []string{used.ID}) {
		t.Errorf("%v are left", named)
	}
}

// The same bytes of one bidder are one upload; what waits is bounded by number and by bytes, for each bidder by itself.
func TestUploadsAreBounded(t *testing.T) {
	w := newWorld(t)
	o, other := w.bidders[0].actor(party.Bidder), w.bidders[1].actor(party.Bidder)
	ref := func(size int64) blobs.Ref {
		return blobs.Ref{ID: newID(), Digest: signing.Digest(signing.Random(32)), Size: size}
	}
	first := ref(letter.FileSteps[0])
	for i := range mostLoose {
		r := ref(letter.FileSteps[0])
		if i == 0 {
			r = first
		}
		if _, kept, err := w.KeepBidFile(w.ctx, o, r); err != nil || !kept {
			t.Fatal(i, kept, err)
		}
	}
	_, _, err := w.KeepBidFile(w.ctx, o, ref(letter.FileSteps[0]))
	w.refused(err, "bid_file.quota")
	_, err = w.ExpectBidFile(w.ctx, o, signing.Digest(signing.Random(32)), letter.FileSteps[0])
	w.refused(err, "bid_file.quota")
	again := first
	again.ID = newID()
	if up, kept, err := w.KeepBidFile(w.ctx, o, again); err != nil || kept || up.ID != first.ID {
		t.Errorf("the same again: %+v %v %v", up, kept, err)
	}
	if has, err := w.ExpectBidFile(w.ctx, o, first.Digest, first.Size); err != nil || !has {
		t.Error(has, err)
	}
	largest := letter.FileSteps[len(letter.FileSteps)-1]
	for range mostLooseBytes / largest {
		if _, _, err := w.KeepBidFile(w.ctx, other, ref(largest)); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = w.KeepBidFile(w.ctx, other, ref(letter.FileSteps[0]))
	w.refused(err, "bid_file.quota")
	for _, size := range []int64{0, -1, 1, letter.FileSteps[0] - 1, letter.FileSteps[0] + 1, largest * 4} {
		_, err := w.ExpectBidFile(w.ctx, o, first.Digest, size)
		w.refused(err, "bid_file.step")
	}
}

// Neither the rows nor the store tell whose a file is, of which lot, or what it is called; lengths are steps alone, and no
// tag stands twice.
func TestFilesTellNothing(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	before := w.dump()
	names := []string{"商务标文件.pdf", "技术标文件.pdf", "工程量清单.xml"}
	for i, o := range w.bidders[:3] {
		var outer []letter.SealedFile
		var inner []letter.BidFile
		for n, name := range names {
			in, out := w.upload(o, name, bytes.Repeat([]byte(name+o.party.Name), 1+100_000/len(name)*(n+i)%7))
			inner, outer = append(inner, in), append(outer, out)
		}
		_, p7s := w.bidNaming(o, l, "", inner, outer)
		w.tells(w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s))
	}
	after := w.dump()
	w.sameWhereLotsAre(before, after, l)
	secrets := append([]string{l.ID, l.Lot.Code, l.Lot.Project, l.Lot.Name}, names...)
	for _, o := range w.bidders[:3] {
		secrets = append(secrets, o.party.Name, o.party.USCC)
	}
	stored := map[string]string{}
	if err := filepath.WalkDir(w.filesDir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		stored[path] = path + string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(stored) < 10 { // nine, and the mark
		t.Fatalf("%d objects", len(stored))
	}
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			if strings.Contains(after["bid_file"], form) {
				t.Errorf("bid_file holds %s", secret)
			}
			for path, text := range stored {
				if strings.Contains(text, form) {
					t.Errorf("%s holds %s", path, secret)
				}
			}
		}
	}
	sizes := map[int]bool{}
	for _, text := range stored {
		sizes[len(text)] = true
	}
	if len(sizes) > 3 { // two steps, and the mark
		t.Errorf("objects of %d lengths", len(sizes))
	}
	var tags, different int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(t), count(DISTINCT t) FROM (SELECT unnest(ARRAY[owner_tag, slot_tag, use_tag]) t FROM bid_file
		UNION ALL SELECT unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) FROM bid) x`).Scan(&tags, &different); err != nil || tags != different || tags != 2*9+3*3 {
		t.Errorf("%d tags, %d different: %v", tags, different, err)
	}
}

// filed is a session whose first bidder has a file, whose second has one with a wrong key, whose third has one and does not
// decrypt.
type filed struct {
	*session
	files []letter.SealedFile
	plain []byte
}

func newFiled(t *testing.T) *filed {
	t.Helper()
	f := &filed{session: &session{world: newWorld(t)}, plain: signing.Random(700_000)}
	f.l = f.remote("F1")
	for i, o := range f.bidders[:3] {
		inner, outer := f.upload(o, "技术标.pdf", f.plain)
		if i == 1 {
			inner.Key = signing.Random(16)
		}
		id, p7s := f.bidNaming(o, f.l, "", []letter.BidFile{inner}, []letter.SealedFile{outer})
		f.tells(f.SubmitBid(f.ctx, f.by(o, party.Bidder), o.bidder(), f.l.ID, p7s))
		f.bids, f.files = append(f.bids, id), append(f.files, outer)
	}
	f.open(f.l)
	f.order()
	return f
}

func (f *filed) read(by party.Actor, i int) ([]byte, error) {
	f.t.Helper()
	file, err := f.BidFile(f.ctx, by, f.bids[i], f.files[i].ID)
	if err == nil {
		err = file.Verify(f.ctx)
	}
	if err != nil {
		return nil, err
	}
	r := must(file.Open(f.ctx))
	defer r.Close()
	return io.ReadAll(r)
}

// After the read-out those who run the lot, the centre and the supervisor have each file of each decrypted bid; nobody else,
// nothing before, and what does not agree is refused in words that say whose fault it is.
func TestFilesAfterTheReadOut(t *testing.T) {
	f := newFiled(t)
	host, centre, supervisor := f.tenderer.actor(party.Beneficiary), f.centre.actor(party.Centre), f.overseer.actor(party.Supervisor)
	f.does(f.decrypt(0))
	f.does(f.decrypt(1))
	for _, by := range []party.Actor{host, centre, supervisor} {
		_, err := f.read(by, 0)
		f.refused(err, "bid.not_found")
	}
	f.clock.Advance(31 * time.Minute)
	f.does(HallAnswer{}, f.Settle(f.ctx, f.l.ID))
	f.does(f.Attribute(f.ctx, f.host(), f.l.ID, NewAttribution{Bid: f.bids[2], Cause: CauseBidder, Evidence: "未在规定时间内解密", Digest: signing.Sum([]byte("x"))}))
	f.does(f.ReadOut(f.ctx, f.host(), f.l.ID))
	for _, by := range []party.Actor{host, centre, supervisor} {
		if got, err := f.read(by, 0); err != nil || !bytes.Equal(got, f.plain) {
			t.Errorf("%s: %d bytes, %v", by.Role, len(got), err)
		}
		if all := must(f.BidFiles(f.ctx, by, f.bids[0])); len(all) != 1 || all[0].Name != "技术标.pdf" || all[0].Size != 700_000 || all[0].Key != nil {
			t.Errorf("%+v", all)
		}
	}
	for name, by := range map[string]party.Actor{"nobody": {}, "its bidder": f.bidders[0].actor(party.Bidder), "another tenderer": f.bidders[3].actor(party.Beneficiary),
		"an operator": f.platform.actor(party.Operator), "an institution": f.bank.actor(party.Guarantor)} {
		if _, err := f.read(by, 0); err == nil {
			t.Errorf("%s reads a file", name)
		} else {
			f.refused(err, "bid.not_found")
		}
	}
	_, err := f.read(host, 2)
	f.refused(err, "bid_file.not_decrypted")
	_, err = f.BidFile(f.ctx, host, f.bids[0], f.files[1].ID)
	f.refused(err, "bid_file.not_found")
	_, err = f.read(host, 1)
	f.refused(err, "bid_file.unreadable")
	f.damaged(host)
}

// damaged: what the store changed or lost is not the bidder's fault, also where the bidder's key is wrong too.
func (f *filed) damaged(host party.Actor) {
	f.t.Helper()
	for i := range 2 {
		path := filepath.Join(f.filesDir, f.files[i].ID[:2], f.files[i].ID)
		whole := must(os.ReadFile(path))
		for _, at := range []int{0, 70, len(whole) / 2, len(whole) - 1} {
			changed := bytes.Clone(whole)
			changed[at] ^= 1
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				f.t.Fatal(err)
			}
			_, err := f.read(host, i)
			f.refused(err, "bid_file.lost")
		}
		if err := os.Remove(path); err != nil {
			f.t.Fatal(err)
		}
		_, err := f.read(host, i)
		f.refused(err, "bid_file.lost")
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	if got, err := f.read(host, 0); err != nil || !bytes.Equal(got, f.plain) {
		f.t.Error("restored, and not read:", err)
	}
}

// Of a lot that is opened on the spot the forms stay with their bidders, and so do the files' keys. A bidder has its own
// ciphertext back before and after.
func TestFilesOfALotOpenedOnTheSpot(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	_, f := w.upload(w.bidders[0], "a.pdf", []byte("%PDF-1.7"))
	id := must(w.handInNaming(w.bidders[0], l, f))
	w.submit(w.bidders[1], l, "")
	w.submit(w.bidders[2], l, "")
	own := func() {
		t.Helper()
		ref := must(w.OwnBidFile(w.ctx, w.bidders[0].actor(party.Bidder), f.ID))
		if b, err := w.Files.Read(w.ctx, blobs.BidFile, ref); err != nil || signing.Sum(b) != f.Digest {
			t.Error(err)
		}
		for _, by := range []party.Actor{w.bidders[1].actor(party.Bidder), w.bidders[0].actor(party.Beneficiary), w.centre.actor(party.Centre)} {
			_, err := w.OwnBidFile(w.ctx, by, f.ID)
			w.refused(err, "bid_file.not_found")
		}
	}
	own()
	w.open(l)
	own()
	for _, by := range []party.Actor{w.tenderer.actor(party.Beneficiary), w.centre.actor(party.Centre)} {
		_, err := w.BidFile(w.ctx, by, id, f.ID)
		w.refused(err, "bid.not_found")
		w.refused(w.SeesBidFiles(w.ctx, by, id), "bid.not_found")
	}
}
