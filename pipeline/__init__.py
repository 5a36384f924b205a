"""What the job is: records of log shippers in, Go crashes out. Pure: no Kafka, clock, network, files, logs.

The path of one record, in the compiled core (`pipeline/native/src`):

1. `envelope` undoes what the shipper wrapped around its lines (table: `envelope/shippers`), and says who
   wrote them and when.
2. `stream` hands each line to its stream, joins pieces, drops what came twice, and knows what is open where.
3. `gc` reads the lines of Go's garbage collector.
4. `wash` takes off what collectors added: carriage returns, colours, escaped tabs.
5. `assemble` asks whether a line announces a crash (tables: `forms`, `loggers`, `wordings`); most lines pass.
6. `open` is the trace being collected: each line belongs, passes by, ends it, or shows that it never was one.
7. `unfold` opens a trace that came whole in one line, as a string of JSON or logfmt.
8. `parse` makes a `report` of the trace: panics, signal, every goroutine, every frame.
9. `signature` says which bug it is: masked words (`message`), canonical names (`symbol`), the frames that
   decide (`key`).
10. `redact` masks secrets (tables: `tokens`, `secrets`), `crash` writes it down as `panic.v1`
    (`schemas/panic.v1.json`).

`detector` does this for batches of records, `scanner` for the lines of a file.
"""
