"""What the job is: lines of a log stream in, Go crashes out. Pure: no Kafka, clock, network, files, logs.

The path of one line, in the compiled core (`pipeline/native/src`):

1. `scanner` cuts the bytes into lines and gives each its offset.
2. `wash` takes off what collectors added: carriage returns, colours, escaped tabs.
3. `assemble` asks whether it announces a crash (tables: `forms`, `loggers`, `wordings`); most lines pass.
4. `open` is the trace being collected: each line belongs, passes by, ends it, or shows that it never was one.
5. `unfold` opens a trace that came whole in one line, as a string of JSON or logfmt.
6. `parse` makes a `report` of the trace: panics, signal, every goroutine, every frame.
7. `signature` says which bug it is: masked words (`message`), canonical names (`symbol`), the frames that
   decide (`key`).
8. `crash` writes it down as `panic.v1` (`schemas/panic.v1.json`).
"""
