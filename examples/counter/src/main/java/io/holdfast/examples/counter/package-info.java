/// A durable counter per name: the smallest whole app.
///
/// `POST /counter/{name}/inc?by=2` adds, `GET /counter/{name}/get` reads, `GET /counter/{name}/log`
/// shows the latest increments.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | HTTP in | [CounterWorker] |
/// | the object: value in key-value storage, log in SQL | [Counter] |
/// | what the Worker may ask of it | [CounterApi] |
@NullMarked
package io.holdfast.examples.counter;

import org.jspecify.annotations.NullMarked;
