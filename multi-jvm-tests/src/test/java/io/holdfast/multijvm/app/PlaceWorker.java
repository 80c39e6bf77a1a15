package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectNamespace;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `POST /place/{name}?token=` adds and says where; `GET` lists; `?ring=millis` sets its alarm,
/// `?work=millis` lets it work, `?move=region` moves it. `hint` and `law` choose, `id:` before 64
/// digits is an id. `POST /unique/` makes a new id.
public final class PlaceWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    try {
      ObjectNamespace places = env.objects("places");
      if (request.query("law").isPresent()) {
        places = places.jurisdiction(request.query("law").get());
      }
      if (request.path().startsWith("/unique/")) {
        return Response.text(places.newUniqueId().hex());
      }
      ObjectStub place = stub(request, places);
      if (request.query("move").isPresent()) {
        place.move(request.query("move").get());
        return Response.text("moved");
      }
      return answer(request, place.as(PlaceApi.class));
    } catch (HoldfastException e) {
      return Response.text(e.code().httpStatus(), e.code().code() + ": " + e.getMessage());
    }
  }

  private static ObjectStub stub(Request request, ObjectNamespace places) {
    String name = request.path().substring("/place/".length());
    GetOptions options =
        request.query("hint").map(GetOptions::locationHint).orElse(GetOptions.NONE);
    return name.startsWith("id:")
        ? places.get(places.idFromString(name.substring(3)), options)
        : places.getByName(name, options);
  }

  private static Response answer(Request request, PlaceApi place) {
    if (request.query("ring").isPresent()) {
      place.ringIn(Long.parseLong(request.query("ring").get()));
      return Response.text("set");
    }
    if (request.query("work").isPresent()) {
      return Response.text(place.work(Long.parseLong(request.query("work").get())));
    }
    return request.query("token").isPresent()
        ? Response.text(place.add(request.query("token").get()))
        : Response.text(String.join("\n", place.all()));
  }
}
