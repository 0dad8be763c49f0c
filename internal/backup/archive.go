package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Rows go into parts of about this size, since a tar wants the size of a file before the file. No part is longer than the largest row
// and this; the reader refuses what is far above.
const (
	partSize = 4 << 20
	maxPart  = 256 << 20
)

// archive writes files into a gzipped tar and remembers their checksums.
type archive struct {
	zip  *gzip.Writer
	tar  *tar.Writer
	at   time.Time
	sums strings.Builder
}

func newArchive(w io.Writer, at time.Time) *archive {
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is a valid one; the server goes on working beside
	return &archive{zip: z, tar: tar.NewWriter(z), at: at}
}

func (a *archive) add(name string, content []byte) error {
	err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o600, ModTime: a.at})
	if err == nil {
		_, err = a.tar.Write(content)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	fmt.Fprintf(&a.sums, "%s  %s\n", sumOf(content), name)
	return nil
}

// finish writes the manifest and, last, the checksums: without them a backup is not whole.
func (a *archive) finish(m Manifest) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	if err := a.add(nameManifest, append(b, '\n')); err != nil {
		return err
	}
	if err := a.add(nameSums, []byte(a.sums.String())); err != nil {
		return err
	}
	return errors.Join(a.tar.Close(), a.zip.Close())
}

// parts collects lines into files folder/000001.jsonl and so on.
func (a *archive) parts(folder string) *parts { return &parts{archive: a, folder: folder} }

type parts struct {
	archive *archive
	folder  string
	n       int
	buffer  bytes.Buffer
}

func (p *parts) add(line []byte) error {
	p.buffer.Write(line)
	p.buffer.WriteByte('\n')
	if p.buffer.Len() < partSize {
		return nil
	}
	return p.close()
}

func (p *parts) close() error {
	if p.buffer.Len() == 0 {
		return nil
	}
	p.n++
	defer p.buffer.Reset()
	return p.archive.add(fmt.Sprintf("%s/%06d.jsonl", p.folder, p.n), p.buffer.Bytes())
}

// errEnough ends eachFile early.
var errEnough = errors.New("enough")

// eachFile calls fn with the files of a backup in their order. Every reason why the file cannot be read to its end is errDamaged.
func eachFile(r io.Reader, fn func(name string, content []byte) error) error {
	buffered := bufio.NewReader(r)
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return errDamaged.Because(err)
	}
	z.Multistream(false)
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errDamaged.Because(err)
		}
		if h.Typeflag != tar.TypeReg || h.Size > maxPart {
			return errDamaged.Because(fmt.Errorf("%q is no file of a backup", h.Name))
		}
		content := make([]byte, h.Size)
		if _, err := io.ReadFull(t, content); err != nil {
			return errDamaged.Because(err)
		}
		if err := fn(h.Name, content); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
	// The end checks gzip's own checksum; nothing follows it.
	if n, err := io.CopyN(io.Discard, z, 1<<20); !errors.Is(err, io.EOF) {
		return errDamaged.Because(fmt.Errorf("%d bytes follow its last file: %w", n, err))
	}
	if _, err := buffered.ReadByte(); !errors.Is(err, io.EOF) {
		return errDamaged.Because(errors.New("something follows its end"))
	}
	return nil
}

// check reads a backup to its end and compares everything in it with its checksums and its manifest.
func check(r io.Reader) (m Manifest, err error) {
	var sums strings.Builder
	var manifest, last []byte
	lines := map[string]int64{}
	err = eachFile(r, func(name string, content []byte) error {
		if last != nil {
			return errDamaged.Because(fmt.Errorf("%s follows %s", name, nameSums))
		}
		if name == nameSums {
			last = content
			return nil
		}
		if manifest != nil {
			return errDamaged.Because(fmt.Errorf("%s follows %s", name, nameManifest))
		}
		fmt.Fprintf(&sums, "%s  %s\n", sumOf(content), name)
		switch folder, part, _ := cutLast(name); {
		case name == nameManifest:
			manifest = content
		case name == nameKey:
			lines[nameKey]++
		case strings.HasSuffix(part, ".jsonl") && (folder == nameJobs || strings.HasPrefix(folder, folderTables)):
			lines[folder] += int64(bytes.Count(content, []byte{'\n'}))
		default:
			return errDamaged.Because(fmt.Errorf("%q is no file of a backup", name))
		}
		return nil
	})
	if err != nil {
		return Manifest{}, err
	}
	if manifest == nil || last == nil || string(last) != sums.String() {
		return Manifest{}, errDamaged.Because(errors.New("the checksums do not fit"))
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		return Manifest{}, errDamaged.Because(err)
	}
	if m.Format > format {
		return Manifest{}, errNewer
	}
	if lines[nameJobs] != int64(m.Jobs) || (lines[nameKey] == 1) != m.HasKey {
		return Manifest{}, errDamaged.Because(errors.New("the manifest does not fit the content"))
	}
	for _, t := range m.Tables {
		if lines[folderTables+t.Name] != t.Rows {
			return Manifest{}, errDamaged.Because(fmt.Errorf("%d of %d rows of %s", lines[folderTables+t.Name], t.Rows, t.Name))
		}
		delete(lines, folderTables+t.Name)
	}
	for folder := range lines {
		if strings.HasPrefix(folder, folderTables) {
			return Manifest{}, errDamaged.Because(fmt.Errorf("%s is not in the manifest", folder))
		}
	}
	return m, nil
}

func cutLast(path string) (folder, name string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
