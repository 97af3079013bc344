-- Counts the answers that are not what the script says: PORTICO_BEGINS and PORTICO_ENDS are around every body.
local threads = {}
begins = os.getenv("PORTICO_BEGINS")
ends = os.getenv("PORTICO_ENDS")
wrong = 0

function setup(thread)
  table.insert(threads, thread)
end

function response(status, headers, body)
  if status ~= 200 or body:sub(1, #begins) ~= begins or body:sub(-#ends) ~= ends then
    wrong = wrong + 1
  end
end

function done(summary, latency, requests)
  local all = 0
  for _, thread in ipairs(threads) do
    all = all + thread:get("wrong")
  end
  io.write("Wrong answers: " .. all .. "\n")
end
