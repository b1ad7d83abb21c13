-- wrk asks the questions of a file one after the other, from a given one on, each behind a prefix.
-- wrk … ask.lua URL -- FILE PREFIX FIRST COUNT
local questions, at, many, prefix = {}, 0, 0, ""
function init(args)
  prefix = args[2]
  for line in io.lines(args[1]) do
    many = many + 1
    questions[many] = line
    if many == tonumber(args[4]) then break end
  end
  at = tonumber(args[3])
end
function request()
  at = at + 1
  return wrk.format("GET", prefix .. questions[(at - 1) % many + 1])
end
