package main

import (
	"bytes"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// A small examination, with its own controls: nothing is found before the opening, everything after it.
func TestNothingIsFoundBeforeTheOpening(t *testing.T) {
	var out bytes.Buffer
	faults, err := examine(t.Context(), size{bidders: 12, probes: 20, open: true}, &out)
	if err != nil || len(faults) > 0 {
		t.Fatalf("%v\n%s\n%s", err, strings.Join(faults, "\n"), out.String())
	}
	if got := strings.Count(out.String(), "12 of 12"); got != 4 {
		t.Errorf("the controls did not all run:\n%s", out.String())
	}
}

// Every planted leak still fits the code; make secrecy shows that each is found.
func TestLeaksFitTheCode(t *testing.T) {
	t.Chdir("../..")
	for _, l := range leaks {
		if _, err := l.overlay(t.TempDir()); err != nil {
			t.Errorf("%s: %v", l.what, err)
		}
	}
	if _, err := os.Stat("internal/secrecy"); err != nil {
		t.Fatal(err)
	}
}

// Each spelling is found wherever it begins, and only the name that is there.
func TestEverySpelling(t *testing.T) {
	n := needle{who, "one", "湘江示例建设有限公司"}
	x := newIndex([]needle{n, {who, "another", "湘江示例建设有限公司二分公司"}, {where, "a lot", "91430100MA0000000X"}})
	for _, f := range n.forms() {
		for _, before := range []string{"", "x", "前面的话 "} {
			found := x.find([]byte(before + string(f.bytes) + "后"))
			if len(found) != 1 || !found[0].same(f) {
				t.Errorf("%s after %q: %v", f.spelling, before, found)
			}
		}
	}
	if found := x.find([]byte("湘江示例建设有限责任公司")); len(found) != 0 {
		t.Errorf("found what is not there: %v", found)
	}
}

// A name in letters, as a file name, an address or a code would have it; too short a spelling is left out.
func TestSpelledOut(t *testing.T) {
	got := spelledOut("金丝雀第3001号水利建设有限公司")
	for name, want := range map[string]string{
		"pinyin":                          "jinsiquedi3001haoshuilijiansheyouxiangongsi",
		"PINYIN":                          "JINSIQUEDI3001HAOSHUILIJIANSHEYOUXIANGONGSI",
		"pinyin with spaces":              "jin si que di 3001 hao shui li jian she you xian gong si",
		"pinyin with spaces, capitalised": "Jin Si Que Di 3001 Hao Shui Li Jian She You Xian Gong Si",
		"pinyin, capitalised":             "JinSiQueDi3001HaoShuiLiJianSheYouXianGongSi",
		"pinyin with hyphens":             "jin-si-que-di-3001-hao-shui-li-jian-she-you-xian-gong-si",
		"initials":                        "jsqd3001hsljsyxgs",
		"INITIALS":                        "JSQD3001HSLJSYXGS",
	} {
		if got[name] != want {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	if got := spelledOut("甲9001"); len(got) != 0 {
		t.Errorf("a name of seven letters: %v", got)
	}
	if got := spelledOut("91430100MA0000000X"); len(got) != 0 {
		t.Errorf("a code: %v", got)
	}
	if got := spelledOut("湖南建工"); len(got) != 8 || got["pinyin"] != "hunanjiangong" || got["initials"] != "" {
		t.Errorf("a short name keeps its syllables and loses its initials: %v", got)
	}
}

// What is free on a surface is not a hit there, and is one everywhere else.
func TestFreeSurfaces(t *testing.T) {
	x := newIndex([]needle{{who, "one", "湘江示例建设有限公司"}})
	text := []byte("……湘江示例建设有限公司……")
	hits := x.search([]surface{{name: "registry", text: text, free: map[kind]string{who: "by design"}}, {name: "log", text: text}, {name: "empty"}})
	if len(hits) != 1 || hits[0].surface != "log" {
		t.Errorf("%v", hits)
	}
}

// One feature that tells is enough among many that do not; without it the guesses are no better than a coin, also when every
// feature drifts from run to run as those of a growing database do.
func TestClassifier(t *testing.T) {
	coin := rand.New(rand.NewPCG(1, 2))
	plays := make([]play, 400)
	for i := range plays {
		plays[i].coins = [2]bool{coin.IntN(2) == 1, coin.IntN(2) == 1}
		for range 100 {
			plays[i].features = append(plays[i].features, coin.NormFloat64())
		}
		plays[i].features = append(plays[i].features, 4000+3*float64(side(plays[i].coins[0])))
	}
	if right := guesses(plays, 0); right < 150 {
		t.Errorf("a leak is guessed in %d of 200", right)
	}
	if right := guesses(plays, 1); right > atMost(200) || right < 200-atMost(200) {
		t.Errorf("a fair coin is guessed in %d of 200", right)
	}
	if atMost(200) != 116 {
		t.Errorf("at most %d of 200", atMost(200))
	}
}

// Guesses of a fair coin are spread as a coin's are, √n/2 about n/2, whatever the features do that do not know of it: else
// atMost would not be rare.
func TestGuessesOfAFairCoin(t *testing.T) {
	const series, n = 300, 200
	for name, memory := range map[string]float64{"each by itself": 0, "drifting": 0.99} {
		coin := rand.New(rand.NewPCG(3, 4))
		squares, above := 0.0, 0
		for range series {
			plays, state := make([]play, 2*n), make([]float64, 10)
			for i := range plays {
				for j := range state {
					state[j] = memory*state[j] + coin.NormFloat64()
				}
				plays[i] = play{coins: [2]bool{coin.IntN(2) == 1, false}, features: slices.Clone(state)}
			}
			right := guesses(plays, 0)
			squares += float64((right - n/2) * (right - n/2))
			if right > atMost(n) {
				above++
			}
		}
		if spread := math.Sqrt(squares / series); spread > 8 || above > series/33 {
			t.Errorf("features %s: spread %.1f instead of 7.1, %d of %d series above %d", name, spread, above, series, atMost(n))
		}
	}
}

// An answer that never ends is listened to for a moment, and what came is searched.
func TestAnEndlessAnswerIsHungUpOn(t *testing.T) {
	gone := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		_, _ = w.Write([]byte("data: 湘江示例建设有限公司\n\n"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer s.Close()
	a, err := (&platform{base: s.URL}).get(t.Context(), caller{}, "/")
	if err != nil || a.status != http.StatusOK || !strings.Contains(string(a.body), "湘江示例") {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	<-gone
}

func TestRanked(t *testing.T) {
	var slow, fast []time.Duration
	for i := range 100 {
		slow, fast = append(slow, time.Duration(i+30)), append(fast, time.Duration(i))
	}
	if z := ranked(slow, fast); z < 4 {
		t.Errorf("z = %.1f of a slower group", z)
	}
	if z := ranked(fast, fast); z != 0 {
		t.Errorf("z = %.1f of the same group", z)
	}
}

func TestOwnerOf(t *testing.T) {
	if got := ownerOf("base/5/1234_fsm", map[string]string{"base/5/1234": "bid"}); got != "bid" {
		t.Errorf("the map of free space belongs to %s", got)
	}
	if got := ownerOf("global/1260", nil); got != "the server" {
		t.Errorf("a file of the server belongs to %s", got)
	}
}
